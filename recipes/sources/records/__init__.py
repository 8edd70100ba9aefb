"""TFRecord files and TensorFlow Datasets."""
