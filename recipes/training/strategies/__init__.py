"""Where a model is trained: one device, several, or several machines.

The engine is `tf.distribute`. Here are the choice of a strategy, the cluster by the
environment, the few corrections that Keras's training loop needs under a strategy,
and what several processes must agree upon.
"""

STRATEGIES = ("auto", "cpu", "gpu", "mirrored", "multiworker", "tpu")
