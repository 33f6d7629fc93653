"""What families have in common that make images: a judge reads their samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modules.kinds.keras_family import KerasFamily

if TYPE_CHECKING:
    from modules.metrics.judge import Judge


class Generator(KerasFamily):
    """A family of Keras networks that make images."""

    judged = True

    @property
    def eyes(self) -> Judge:
        """The judge of the run's data."""
        from modules.metrics import judge

        return self.judge or judge.shipped()

    def notes(self) -> dict[str, Any]:
        """Which judge read the samples, and how well it reads real images."""
        eyes = self.eyes
        return {"judge": eyes.fingerprint, "judge_accuracy": eyes.accuracy}
