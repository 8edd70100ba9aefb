"""Presets: trained models, each in a folder that is read without running code.

```
config.json         what builds the model: registered class and configuration
model.weights.h5    its weights
metadata.json       format, SHA-256 of the weights, versions
card.json           the model card
examples.npz        a few inputs with the model's outputs, if there were any
run.json            for shipped presets: the runs behind the numbers of the card
```

`index` lists the shipped presets, `references` finds a model that a user names,
`writing` writes folders, `reading` builds models from them. `index`, `references` and
`folder` import neither Keras nor NumPy.
"""
