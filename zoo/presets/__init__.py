"""Presets: trained models, each a folder that is read without running code.

```
config.json         what builds the model: registered class and configuration
model.weights.h5    its weights
metadata.json       format, SHA-256 of the weights, versions
card.json           the model card
examples.npz        a few inputs with the outputs they gave, if any were given
run.json            of shipped presets: the runs that the card's numbers are from
```

`index` lists the presets that ship, `writing` makes folders, `reading` builds models
from them. `index` and `folder` load neither Keras nor NumPy.
"""
