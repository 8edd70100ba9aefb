"""The tests that prove each formula, by its title, in the order of the notes.

Brackets hold a part of the parameters: `test_x[Adam]` means every `test_x[…-Adam-…]`.
"""

NOTES = "tests/custom/test_notes.py"
OPTIMIZERS = "tests/custom/test_optimizers.py"
IN_USE = "tests/custom/test_optimizers_in_use.py"
ACTIVATIONS = "tests/custom/test_activations.py"
LOSSES = "tests/custom/test_losses.py"
POOLING = "tests/custom/test_pooling.py"
REGULARIZERS = "tests/custom/test_regularizers.py"
CALLBACKS = "tests/custom/test_callbacks.py"
EQUATIONS = "tests/custom/test_training_equations.py"
SAMPLING = "tests/recipes/sampling/test_sampling.py"
TEXTS = "tests/recipes/augmentation/test_augmentation_texts.py"
SMOOTHING = "tests/custom/test_label_smoothing.py"
SMOTE = "tests/recipes/sampling/test_smote.py"


def _tests(file: str, *tests: str) -> tuple[str, ...]:
    return tuple(f"{file}::{test}" for test in tests)


PROOFS: dict[str, tuple[str, ...]] = {
    "The threshold of the perceptron": _tests(
        ACTIVATIONS,
        "test_sign_is_exact_with_the_slope_of_the_identity",
        "test_follows_its_formula_in_float32[sign]",
    ),
    "The single-layer perceptron": (
        _tests(
            "tests/zoo/models/test_perceptron.py",
            "test_fit_is_the_perceptron_rule_and_comes_to_rest",
        )
        + _tests(NOTES, "test_the_unit_makes_exactly_the_updates_of_the_perceptron")
    ),
    "What a perceptron cannot learn: XOR": _tests(
        NOTES,
        "test_a_perceptron_learns_linearly_separable_classes[and]",
        "test_a_perceptron_learns_linearly_separable_classes[xor]",
    ),
    "Feed-forward networks": _tests(
        NOTES, "test_a_net_with_two_layers_learns_xor", "test_dense_is_the_weighted_sum"
    ),
    "Forward propagation": _tests(NOTES, "test_dense_is_the_weighted_sum"),
    "The gradient": _tests(
        CALLBACKS, "test_norms_equal_those_of_the_explicit_gradient"
    ),
    "Mean squared error": _tests(
        LOSSES,
        "test_follows_its_formula_from_probabilities[HalfSumSquaredError]",
        "test_half_sum_squared_error_is_half_the_count_times_that_of_keras",
    ),
    "Gradient descent": (
        _tests(OPTIMIZERS, "test_one_step_is_exact[GradientDescent]")
        + _tests(IN_USE, "test_keras_agrees[GradientDescent]")
    ),
    "Cross-entropy": _tests(
        LOSSES,
        "test_follows_its_formula_from_probabilities[CrossEntropy]",
        "test_follows_its_formula_from_logits[CrossEntropy]",
        "test_cross_entropy_equals_binary_crossentropy_of_keras",
    ),
    "Cross-entropy as printed": _tests(
        LOSSES,
        "test_follows_its_formula_from_probabilities[SquaredCrossEntropy]",
        "test_squared_cross_entropy_is_smallest_at_the_target",
    ),
    "Batch, stochastic and mini-batch gradient descent": _tests(
        NOTES,
        "test_gradient_descent_on_a_linear_unit_is_the_delta_rule[batch]",
        "test_gradient_descent_on_a_linear_unit_is_the_delta_rule[online]",
        "test_gradient_descent_on_a_linear_unit_is_the_delta_rule[mini-batch]",
    ),
    "Back-propagation": _tests(EQUATIONS, "test_back_propagation_is_the_chain_rule"),
    "Sigmoid": _tests(
        ACTIVATIONS,
        "test_follows_its_formula_in_float32[sigmoid]",
        "test_follows_its_formula_at_every_float16[sigmoid]",
        "test_the_slope_of_sigmoid_is_at_most_a_quarter",
    ),
    "tanh": _tests(
        ACTIVATIONS,
        "test_follows_its_formula_in_float32[tanh]",
        "test_follows_its_formula_at_every_float16[tanh]",
    ),
    "Softsign": _tests(
        ACTIVATIONS,
        "test_follows_its_formula_in_float32[softsign]",
        "test_follows_its_formula_at_every_float16[softsign]",
    ),
    "ReLU": _tests(
        ACTIVATIONS,
        "test_follows_its_formula_in_float32[relu]",
        "test_follows_its_formula_at_every_float16[relu]",
    ),
    "Softplus": _tests(
        ACTIVATIONS,
        "test_follows_its_formula_in_float32[softplus]",
        "test_follows_its_formula_at_every_float16[softplus]",
    ),
    "Softmax": _tests(
        ACTIVATIONS,
        "test_follows_its_formula_in_float32[softmax]",
        "test_follows_its_formula_at_every_float16[softmax]",
    ),
    "Parameter penalties": _tests(
        EQUATIONS, "test_the_objective_is_the_loss_plus_the_penalty"
    ),
    "L1 regularization": _tests(
        REGULARIZERS,
        "test_follows_its_formula[L1]",
        "test_l1_gives_the_zeros_of_the_soft_threshold_and_l2_gives_none",
    ),
    "L2 regularization": _tests(
        REGULARIZERS,
        "test_follows_its_formula[L2]",
        "test_l2_under_gradient_descent_shrinks_each_weight",
        "test_l2_is_keras_with_half_the_strength",
    ),
    "L1 and L2 together": _tests(REGULARIZERS, "test_follows_its_formula[L1L2]"),
    "L2 as a Gaussian prior": _tests(
        REGULARIZERS, "test_the_penalised_minimum_is_the_maximum_a_posteriori[Gaussian]"
    ),
    "L1 as a Laplace prior": _tests(
        REGULARIZERS, "test_the_penalised_minimum_is_the_maximum_a_posteriori[Laplace]"
    ),
    "More data: images turned and scaled": _tests(
        "tests/recipes/augmentation/test_augmentation_geometry.py",
        "test_warp_follows_its_formula",
    ),
    "More data: audio with noise": _tests(
        "tests/recipes/augmentation/test_augmentation_audio.py",
        "test_noise_has_the_ratio_asked_for",
    ),
    "More data: texts with synonyms": _tests(
        TEXTS,
        "test_each_word_is_replaced_with_the_probability",
        "test_each_synonym_is_as_likely",
    ),
    "Noise injection": (
        _tests(NOTES, "test_gaussian_noise_is_added_only_in_training")
        + _tests(
            "tests/recipes/augmentation/test_augmentation_pixels.py",
            "test_noise_is_normal_and_its_own_for_every_pixel",
        )
    ),
    "Label smoothing": _tests(
        SMOOTHING, "test_follows_its_formula", "test_equals_the_smoothing_of_the_loss"
    ),
    "Dropout": _tests(NOTES, "test_dropout_is_inverted_dropout"),
    "Early stopping": _tests(
        NOTES, "test_early_stopping_stops_when_the_validation_loss_rises"
    ),
    "Pooling by a norm": _tests(
        POOLING,
        "test_follows_its_formula[LpPooling]",
        "test_agrees_with_torch",
        "test_norm_keeps_its_range",
    ),
    "Max pooling": _tests(NOTES, "test_keras_pooling_follows_the_notes[max]"),
    "Average pooling": _tests(NOTES, "test_keras_pooling_follows_the_notes[average]"),
    "Stochastic pooling": _tests(
        POOLING,
        "test_follows_its_formula[StochasticPooling]",
        "test_choices_follow_their_probabilities",
        "test_gradient_goes_only_to_the_chosen_cell",
    ),
    "Median pooling": _tests(POOLING, "test_follows_its_formula[MedianPooling]"),
    "Combined pooling": _tests(
        POOLING, "test_follows_its_formula[MixedPooling]", "test_learns_its_mixture"
    ),
    "Momentum": (
        _tests(
            OPTIMIZERS,
            "test_one_step_is_exact[Momentum]",
            "test_follows_its_formula[Momentum]",
        )
        + _tests(IN_USE, "test_pytorch_agrees[Momentum]", "test_keras_agrees[Momentum]")
    ),
    "Nesterov": (
        _tests(
            OPTIMIZERS,
            "test_one_step_is_exact[Nesterov]",
            "test_follows_its_formula[Nesterov]",
        )
        + _tests(IN_USE, "test_pytorch_agrees[Nesterov]", "test_keras_agrees[Nesterov]")
    ),
    "Adagrad": (
        _tests(
            OPTIMIZERS,
            "test_one_step_is_exact[Adagrad]",
            "test_follows_its_formula[Adagrad]",
        )
        + _tests(
            IN_USE, "test_pytorch_agrees[Adagrad]", "test_where_keras_differs[Adagrad]"
        )
    ),
    "Adadelta": (
        _tests(
            OPTIMIZERS,
            "test_one_step_is_exact[Adadelta]",
            "test_follows_its_formula[Adadelta]",
        )
        + _tests(
            IN_USE,
            "test_pytorch_agrees[Adadelta]",
            "test_adadelta_has_the_papers_step_and_keras_a_thousandth_of_it",
        )
    ),
    "RMSprop": (
        _tests(
            OPTIMIZERS,
            "test_one_step_is_exact[RMSprop]",
            "test_follows_its_formula[RMSprop]",
        )
        + _tests(
            IN_USE, "test_pytorch_agrees[RMSprop]", "test_where_keras_differs[RMSprop]"
        )
    ),
    "Adam": (
        _tests(
            OPTIMIZERS, "test_one_step_is_exact[Adam]", "test_follows_its_formula[Adam]"
        )
        + _tests(
            IN_USE,
            "test_pytorch_agrees[Adam]",
            "test_where_keras_differs[Adam]",
            "test_keras_rounds_the_correction_of_adam",
        )
    ),
    "AdaMax": (
        _tests(
            OPTIMIZERS,
            "test_one_step_is_exact[AdaMax]",
            "test_follows_its_formula[AdaMax]",
        )
        + _tests(
            IN_USE, "test_pytorch_agrees[AdaMax]", "test_where_keras_differs[AdaMax]"
        )
    ),
    "Nadam": (
        _tests(
            OPTIMIZERS,
            "test_one_step_is_exact[Nadam]",
            "test_follows_its_formula[Nadam]",
        )
        + _tests(
            IN_USE,
            "test_pytorch_agrees[Nadam]",
            "test_keras_agrees_on_nadam_with_a_schedule_250_times_as_fast",
        )
    ),
    "Convolution": _tests(NOTES, "test_convolution_is_the_explicit_sum"),
    "The fully connected layer": (
        _tests(NOTES, "test_dense_is_the_weighted_sum")
        + _tests(ACTIVATIONS, "test_follows_its_formula_in_float32[softmax]")
    ),
    "Recurrent networks": _tests(
        NOTES, "test_recurrent_layers_follow_the_gate_equations[simple]"
    ),
    "The types of recurrent networks": (
        _tests(
            "tests/zoo/models/test_recurrent.py",
            "test_outputs_are_probabilities_of_the_documented_shape",
        )
        + _tests(
            "tests/zoo/models/test_recurrent_generation.py",
            "TestGeneration::test_temperature_0_takes_the_most_probable_tokens",
            "TestEncoderDecoder::test_decode_takes_the_most_probable_tokens",
        )
    ),
    "Back-propagation through time": (
        _tests(EQUATIONS, "test_back_propagation_through_time_sums_over_steps")
        + _tests(NOTES, "test_the_gradient_through_time_shrinks_with_distance")
    ),
    "Back-propagation through time, truncated": _tests(
        "tests/zoo/models/test_recurrent_stateful.py",
        "TestStatefulNetwork::test_fit_follows_the_truncated_gradient",
    ),
    "Long short-term memory": _tests(
        NOTES, "test_recurrent_layers_follow_the_gate_equations[lstm]"
    ),
    "Gated recurrent unit": _tests(
        NOTES, "test_recurrent_layers_follow_the_gate_equations[gru]"
    ),
    "Generative adversarial networks: generator and discriminator": (
        _tests("tests/zoo/models/test_dcgan.py", "test_networks_are_those_of_the_paper")
        + _tests(
            "tests/zoo/models/test_dcgan_training.py",
            "test_gradients_equal_those_of_two_passes",
        )
    ),
    "Generative adversarial networks: the value": _tests(
        LOSSES, "test_the_discriminator_loss_is_minus_the_value_of_the_game"
    ),
    "The loss of the discriminator": _tests(
        LOSSES,
        "test_follows_its_formula_from_logits[DiscriminatorLoss]",
        "test_real_and_generated_examples_have_separate_means",
    ),
    "The loss of the generator in the game": _tests(
        LOSSES,
        "test_follows_its_formula_from_logits[MinimaxGeneratorLoss]",
        "test_a_certain_discriminator_stops_only_the_minimax_generator",
    ),
    "The loss of the generator in practice": _tests(
        LOSSES,
        "test_follows_its_formula_from_logits[NonSaturatingGeneratorLoss]",
        "test_a_certain_discriminator_stops_only_the_minimax_generator",
    ),
    "Unequal classes: random under-sampling": _tests(
        SAMPLING,
        "test_quotas_are_exact_in_every_epoch[undersample]",
        "test_no_example_is_lost_for_good",
    ),
    "Unequal classes: random over-sampling": _tests(
        SAMPLING,
        "test_quotas_are_exact_in_every_epoch[oversample]",
        "test_class_weights_weigh_every_class_alike",
    ),
    "Unequal classes: synthetic sampling": _tests(
        SMOTE,
        "test_synthetic_rows_lie_between_neighbours_of_their_class",
        "test_points_on_the_way_are_uniform",
    ),
    "Vanishing and exploding gradients": (
        _tests(EQUATIONS, "test_the_gradient_of_a_chain_is_a_product_of_slopes")
        + _tests(ACTIVATIONS, "test_the_slope_of_sigmoid_is_at_most_a_quarter")
    ),
    "Watching the gradients": _tests(
        CALLBACKS,
        "test_norms_equal_those_of_the_explicit_gradient",
        "test_gradients_vanish_with_sigmoid_but_not_with_relu",
    ),
    "Gradient clipping": _tests(
        OPTIMIZERS,
        "test_options_of_the_base_class[clipnorm]",
        "test_options_of_the_base_class[global_clipnorm]",
        "test_options_of_the_base_class[clipvalue]",
    ),
    "Overfitting: a limited training time": _tests(
        CALLBACKS, "test_training_stops_at_the_batch_that_reaches_the_limit"
    ),
}
