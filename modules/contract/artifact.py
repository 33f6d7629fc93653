"""Where models lie: below the folder of a trained one's artifact, and where they are served."""

EXPORTED = "Format-Serving"  # the SavedModel, in TFX's words
KERAS = "Format-Keras/model.keras"  # what `keras.models.load_model` opens, of a model of Keras's
SERVING = "serving"  # below the output folder, with a folder for each family
