"""Adam with one operation a variable.

Keras's own is some ten operations, each of which reads and writes a whole variable: with layers as
wide as the generator's, that takes as long as the products.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from modules.networks.sparing import Sparing


@keras.saving.register_keras_serializable(package="triptych")
class FusedAdam(Sparing, keras.optimizers.Adam):
    """The same rule (Kingma and Ba 2015, "Adam"), by TensorFlow's fused operation.

    The decay of the first moment, `beta_1`, may be live.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates one variable, a tf.Variable; Keras calls this."""
        step = ops.cast(self.iterations + 1, variable.dtype)
        place = self._get_variable_index(variable)
        beta_1 = tf.cast(self.beta_1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(tf.cast(self.beta_2, variable.dtype), step),
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, variable.dtype),
        )
