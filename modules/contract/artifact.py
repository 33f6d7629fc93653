"""What lies in the artifact of a trained model, below its folder. Imports nothing."""

EXPORTED = "Format-Serving"  # the SavedModel, in TFX's words
KERAS = "Format-Keras/model.keras"  # what `keras.models.load_model` opens, of a model of Keras's
