"""Where a model is trained: on one device, on several, or on several machines.

The engine is `tf.distribute`. This package chooses a strategy, finds the other workers
in the environment, makes the few corrections that Keras's training loop needs under a
strategy, and lets workers decide together when to stop.
"""

STRATEGIES = ("auto", "cpu", "gpu", "mirrored", "multiworker", "tpu")
