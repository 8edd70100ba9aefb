"""Trains the presets that ship with the package, each by one command.

    python -m tools.presets mlp_digits
    python -m tools.presets cnn_mnist --data-dir DIR --no-download --ship

`table` lists how each preset is trained, `making` trains it, and `cards` writes the
results on its card. A recipe is run once for each of its seeds, and every number on the
card comes from the files of these runs. A finished run is kept in the work folder and
used again, so that an interrupted command continues where it stopped. The weights are
those of the first seed: choosing the run with the best test score would make the score
too optimistic.
"""
