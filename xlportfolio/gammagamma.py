"""What an order of a customer is worth: the Gamma-Gamma model of order values.

The values of a customer's orders scatter as a gamma distribution around a mean of its own; the
means differ between customers as an inverse gamma distribution. How much an order is worth must
have nothing to do with how often a customer orders.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xlportfolio.likelihood import maximise
from xlportfolio.scoring import Floats

#: Where the search for p, q and v (in mean values) begins.
_STARTS = ((1.0, 2.0, 1.0), (6.0, 4.0, 0.5), (0.5, 8.0, 8.0))


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The model as fitted to customers that ordered again.

    Attributes
    ----------
    p, q, v
        Shape of the values around a customer's mean; shape and scale of the differences between
        customers. ``v`` is in the currency of the values.
    log_likelihood
        Of all customers, in full.
    converged
        Whether that is its maximum, with no parameter that ran off.
    ran_off
        The names of parameters without a finite best value.
    n
        How many customers the model was fitted to.
    """

    p: float
    q: float
    v: float
    log_likelihood: float = math.nan
    converged: bool = True
    ran_off: tuple[str, ...] = ()
    n: int = 0

    @property
    def mean(self) -> float:
        """The mean value of an order over all customers; infinite where q is not above 1."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else math.inf


def log_likelihood(parameters: Floats, frequency: Floats, value: Floats) -> tuple[float, Floats]:
    """The log-likelihood of all customers, and its slopes by p, q and v.

    Parameters
    ----------
    parameters
        p, q, v, each above 0.
    frequency, value
        As for :func:`fit`, without missing ones; ``frequency`` from 1.

    Returns
    -------
    The sum over the customers, and the slopes, shape (3,).

    References
    ----------
    Fader, P. S., Hardie, B. G. S. (2013): The Gamma-Gamma model of monetary value. Note 025,
    brucehardie.com/notes/025, equation (1a).
    """
    return _compiled(frequency, value)(parameters)


def fit(frequency: Floats, value: Floats) -> GammaGamma:
    """Fit the model by maximum likelihood, with analytic slopes.

    Parameters
    ----------
    frequency
        Days on which a customer ordered again after its first, shape (n_customers,).
    value
        The mean net amount of those days, same shape, above 0.

    Returns
    -------
    The model. Customers that never ordered again, or whose value is missing (NaN), are left out.

    References
    ----------
    As for :func:`log_likelihood`.

    Examples
    --------
    >>> frequency = np.array([2.0, 1, 5, 0, 3, 9, 2, 1, 4])
    >>> value = np.array([310.0, 95, 140, np.nan, 205, 120, 480, 60, 175])
    >>> found = fit(frequency, value)
    >>> found.n, found.converged, 150 < found.mean < 250
    (8, True, True)
    """
    used = (frequency > 0) & (value > 0) & np.isfinite(value)
    frequency, value = frequency[used], value[used]
    count = len(value)
    unit = float(value.mean()) if count else 1.0
    best = maximise(_compiled(frequency, value / unit), count, _STARTS)
    p, q, v = best.parameters.tolist()
    names = ("p", "q", "v")
    return GammaGamma(
        p,
        q,
        v * unit,
        best.log_likelihood * count - count * math.log(unit),
        best.converged,
        tuple(names[k] for k in best.ran_off),
        count,
    )


def expected_value(model: GammaGamma, frequency: Floats, value: Floats) -> Floats:
    """What an order of each customer is worth on average, as far as is known.

    Between the mean of all and the customer's own, the nearer to its own the more often it ordered.

    Parameters
    ----------
    model
        With q above 1, or no mean of all exists.
    frequency, value
        As for :func:`fit`; ``value`` counts only where ``frequency`` is above 0.

    Returns
    -------
    Shape (n_customers,), in the currency of the values; the mean of all for whoever never ordered
    again; missing (NaN) where the frequency is, or the value of one that did.

    References
    ----------
    As for :func:`log_likelihood`, equation (5).

    Examples
    --------
    >>> cdnow = GammaGamma(6.25, 3.74, 15.44)
    >>> expected_value(cdnow, np.array([2.0, 0]), np.array([22.35, np.nan])).round(2)
    array([24.66, 35.22])
    """
    again = np.where(frequency > 0, value, 0.0)
    of_own: Floats = model.p * (model.v + frequency * again)
    return of_own / (model.p * frequency + model.q - 1)


def _compiled(frequency: Floats, value: Floats) -> Callable[[Floats], tuple[float, Floats]]:
    """The log-likelihood and its slopes as a function of the parameters."""
    from scipy.special import digamma, gammaln

    x, of_each = np.unique(frequency, return_inverse=True)
    counts = np.bincount(of_each, minlength=len(x))
    summed = frequency * value
    logs = float(np.log(value).sum())

    def evaluated(parameters: Floats) -> tuple[float, Floats]:
        p, q, v = parameters.tolist()
        own, common = -np.log1p(v / summed), -np.log1p(summed / v)
        alike = gammaln(p * x + q) - gammaln(p * x) - gammaln(q)
        total = float(counts @ alike) + q * float(common.sum())
        total += p * float(frequency @ own) - logs
        by_x = digamma(p * x + q)
        by_p = float(counts @ (x * (by_x - digamma(p * x)))) + float(frequency @ own)
        by_q = float(counts @ (by_x - digamma(q))) + float(common.sum())
        by_v = float((q / v - (p * frequency + q) / (summed + v)).sum())
        return total, np.array([by_p, by_q, by_v])

    return evaluated
