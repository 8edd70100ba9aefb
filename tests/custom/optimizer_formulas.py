"""The formulas of the optimizers in NumPy and float64, from the notes and the papers.

Each function computes one step of one array: `w` are the weights, `g` is the gradient,
`s` a dictionary with the state, empty at the start, and `n` the step, counted from 1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


def gradient_descent(w, g, s, eta_n):
    eta, _ = eta_n
    return w - eta * g


def momentum_step(w, g, s, eta_n, momentum=0.9):
    eta, _ = eta_n
    s["step"] = -eta * g + momentum * s.get("step", 0.0)
    return w + s["step"]


def nesterov(w, g, s, eta_n, momentum=0.9):
    """Compute the step for θ, as in the formula; `w` is always θ + αv."""
    eta, _ = eta_n
    v = s.get("v", 0.0)
    theta = w - momentum * v
    v = momentum * v - eta * g
    theta = theta + v
    s["v"] = v
    return theta + momentum * v


def adagrad(w, g, s, eta_n, epsilon=1e-7):
    eta, _ = eta_n
    s["r"] = s.get("r", 0.0) + g**2
    return w - eta / (epsilon + np.sqrt(s["r"])) * g


def rmsprop(w, g, s, eta_n, rho=0.9, epsilon=1e-7):
    eta, _ = eta_n
    s["r"] = rho * s.get("r", 0.0) + (1 - rho) * g**2
    return w - eta / (epsilon + np.sqrt(s["r"])) * g


def adadelta(w, g, s, eta_n, rho=0.95, epsilon=1e-6):
    """Zeiler 2012, Algorithm 1; η = 1 there."""
    eta, _ = eta_n
    s["g2"] = rho * s.get("g2", 0.0) + (1 - rho) * g**2
    delta = -np.sqrt(s.get("x2", 0.0) + epsilon) / np.sqrt(s["g2"] + epsilon) * g
    s["x2"] = rho * s.get("x2", 0.0) + (1 - rho) * delta**2
    return w + eta * delta


def adam(w, g, s, eta_n, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    eta, n = eta_n
    s["m"] = beta_1 * s.get("m", 0.0) + (1 - beta_1) * g
    s["v"] = beta_2 * s.get("v", 0.0) + (1 - beta_2) * g**2
    m_hat = s["m"] / (1 - beta_1**n)
    v_hat = s["v"] / (1 - beta_2**n)
    return w - eta / (np.sqrt(v_hat) + epsilon) * m_hat


def adamax(w, g, s, eta_n, beta_1=0.9, beta_2=0.999):
    """Kingma and Ba 2015, Algorithm 2; a weight without any gradient does not move."""
    eta, n = eta_n
    s["m"] = beta_1 * s.get("m", 0.0) + (1 - beta_1) * g
    s["u"] = np.maximum(beta_2 * s.get("u", 0.0), np.abs(g))
    ratio = np.where(s["u"] > 0, s["m"] / np.where(s["u"] > 0, s["u"], 1), 0)
    return w - eta / (1 - beta_1**n) * ratio


def nadam(w, g, s, eta_n, beta_1=0.9, beta_2=0.999, epsilon=1e-8, momentum_decay=0.004):
    eta, n = eta_n
    mu = beta_1 * (1 - 0.5 * 0.96 ** (n * momentum_decay))
    mu_next = beta_1 * (1 - 0.5 * 0.96 ** ((n + 1) * momentum_decay))
    s["product"] = s.get("product", 1.0) * mu
    s["m"] = beta_1 * s.get("m", 0.0) + (1 - beta_1) * g
    s["v"] = beta_2 * s.get("v", 0.0) + (1 - beta_2) * g**2
    mean = mu_next * s["m"] / (1 - s["product"] * mu_next)
    mean = mean + (1 - mu) * g / (1 - s["product"])
    return w - eta / (np.sqrt(s["v"] / (1 - beta_2**n)) + epsilon) * mean


@dataclass(frozen=True)
class Case:
    """A formula, its default η, other arguments, and the error of one step."""

    step: Callable
    learning_rate: float
    arguments: dict
    rtol: float


CASES = {
    "GradientDescent": Case(gradient_descent, 0.01, {"learning_rate": 0.3}, 2e-7),
    "Momentum": Case(momentum_step, 0.01, {"momentum": 0.7}, 2e-7),
    "Nesterov": Case(nesterov, 0.01, {"learning_rate": 0.3, "momentum": 0.7}, 3e-7),
    "Adagrad": Case(adagrad, 0.01, {"learning_rate": 0.3, "epsilon": 0.01}, 5e-7),
    "Adadelta": Case(adadelta, 1.0, {"rho": 0.999, "epsilon": 1e-3}, 5e-7),
    "RMSprop": Case(rmsprop, 0.001, {"rho": 0.999, "epsilon": 0.01}, 5e-7),
    "Adam": Case(
        adam, 0.001, {"beta_1": 0.99, "beta_2": 0.9999, "epsilon": 0.01}, 1e-6
    ),
    "AdaMax": Case(adamax, 0.002, {"beta_1": 0.99, "beta_2": 0.99}, 1e-6),
    "Nadam": Case(
        nadam,
        0.002,
        {"beta_1": 0.99, "beta_2": 0.9999, "epsilon": 0.01, "momentum_decay": 0.1},
        1e-6,
    ),
}


def follow(
    case,
    arguments,
    weights,
    gradients,
    *,
    weight_decay=0.0,
    clipnorm=None,
    clipvalue=None,
    global_clipnorm=None,
    loss_scale_factor=1.0,
    gradient_accumulation_steps=1,
    use_ema=False,
    ema_momentum=0.99,
    ema_overwrite_frequency=None,
):
    """Return the weights after all steps, and their moving average or None.

    The options follow the documentation of `keras.optimizers.Optimizer`.
    """
    arguments = dict(arguments)
    given = arguments.pop("learning_rate", case.learning_rate)
    rate = given if callable(given) else lambda n: float(np.float32(given))
    weights = [w.astype("float64") for w in weights]
    states = [{} for _ in weights]
    average, pending, n = None, [], 0
    for number, step in enumerate(gradients, 1):
        pending.append([g.astype("float64") / loss_scale_factor for g in step])
        if len(pending) == gradient_accumulation_steps:
            means = [np.mean(gs, axis=0) for gs in zip(*pending, strict=True)]
            pending, n = [], n + 1
            means = _clipped(means, clipnorm, clipvalue, global_clipnorm)
            eta = rate(number)
            for i, g in enumerate(means):
                w = weights[i] - weights[i] * weight_decay * eta
                weights[i] = case.step(w, g, states[i], (eta, n), **arguments)
        if use_ema:
            kept = 0 if average is None else ema_momentum
            average = [
                kept * a + (1 - kept) * w
                for a, w in zip(average or weights, weights, strict=True)
            ]
            if ema_overwrite_frequency and number % ema_overwrite_frequency == 0:
                weights = list(average)
    return weights, average


def _clipped(gradients, clipnorm, clipvalue, global_clipnorm):
    if clipnorm:
        norms = [np.linalg.norm(g) for g in gradients]
        return [
            g * min(1, clipnorm / norm)
            for g, norm in zip(gradients, norms, strict=True)
        ]
    if clipvalue:
        return [np.clip(g, -clipvalue, clipvalue) for g in gradients]
    if global_clipnorm:
        norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
        return [g * min(1, global_clipnorm / norm) for g in gradients]
    return gradients
