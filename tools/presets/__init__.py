"""Makes the presets that ship, each by one command.

    python -m tools.presets mlp_digits
    python -m tools.presets cnn_mnist --data-dir DIR --no-download --ship

`table` says how each is trained, `making` trains it, `cards` writes what came out. A
recipe is run once for each of its seeds; every number on the card comes from what those
runs wrote. A run that is finished is kept in the work folder and used again, so that an
interrupted making goes on where it was. The weights are the first seed's: to choose
among the runs by their test scores would make these scores too good.
"""
