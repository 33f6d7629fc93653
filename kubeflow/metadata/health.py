"""The health of the metadata server, as gRPC's health checks and Kubernetes' probes ask for it."""

from __future__ import annotations

from collections.abc import Callable

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


class Health(health_pb2_grpc.HealthServicer):
    """Answers health checks by asking the store at that moment.

    Without the name of a service, a check asks whether the process is alive; with the store's,
    whether the store answers.

    Args:
        service: the full name of the store's service.
        silence: says why the store does not answer; empty when it does.
    """

    def __init__(self, service: str, silence: Callable[[], str]) -> None:
        self._service = service
        self._silence = silence

    def Check(
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        """Answers one check.

        Returns:
            SERVING. Anything else is an error, which also says why: UNAVAILABLE when the store does
            not answer, NOT_FOUND for another service.
        """
        if request.service == self._service:
            if reason := self._silence():
                context.abort(grpc.StatusCode.UNAVAILABLE, reason)
        elif request.service:
            context.abort(grpc.StatusCode.NOT_FOUND, f"the only service here is {self._service}")
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)
