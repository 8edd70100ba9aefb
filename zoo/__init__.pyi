from .errors import InputError as InputError
from .exporting import export as export
from .loading import load_classifier as load_classifier, load_model as load_model
from .models.backbone import Backbone as Backbone
from .models.cnn import CNN as CNN
from .models.dcgan import DCGAN as DCGAN
from .models.mlp import MLP as MLP
from .models.perceptron import Perceptron as Perceptron
from .models.recurrent import RecurrentNetwork as RecurrentNetwork
from .presets.index import list_presets as list_presets
from .presets.reading import from_preset as from_preset
from .registry import (
    create as create,
    list_models as list_models,
    register_model as register_model,
)
