"""How likely a customer orders again: the BG/NBD model of orders that may end unannounced.

While active, a customer orders at random at a rate of its own; after each order it becomes inactive
with a probability of its own. Rates differ between customers as a gamma distribution (r, alpha),
probabilities as a beta distribution (a, b).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from xlportfolio.likelihood import maximise
from xlportfolio.scoring import Floats

#: Where the search for r, alpha (in mean ages), a and b begins.
_STARTS = ((1.0, 1.0, 1.0, 1.0), (0.3, 0.2, 0.7, 2.0), (3.0, 0.3, 0.2, 3.0))
#: Nodes of the quadrature, and rows that are computed at once.
_NODES, _ROWS = 128, 8192


@dataclass(frozen=True, slots=True)
class BgNbd:
    """The model as fitted to customers.

    Attributes
    ----------
    r, alpha
        Of the gamma distribution of the rates, whose mean is r / alpha orders a week.
    a, b
        Of the beta distribution of the probabilities to become inactive after an order, whose mean
        is a / (a + b).
    log_likelihood
        Of all customers, up to what does not depend on the parameters.
    converged
        Whether that is its maximum, with no parameter that ran off.
    ran_off
        The names of parameters without a finite best value.
    n, repeaters
        How many customers the model was fitted to, and how many of them ordered again.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = math.nan
    converged: bool = True
    ran_off: tuple[str, ...] = ()
    n: int = 0
    repeaters: int = 0


def log_likelihood(
    parameters: Floats, frequency: Floats, recency: Floats, age: Floats
) -> tuple[float, Floats]:
    """The log-likelihood of all customers, and its slopes by r, alpha, a and b.

    Parameters
    ----------
    parameters
        r, alpha, a, b, each above 0.
    frequency, recency, age
        As for :func:`fit`.

    Returns
    -------
    The sum over the customers, and the slopes, shape (4,).

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005): "Counting your customers" the easy way: an
    alternative to the Pareto/NBD model. Marketing Science 24 (2), 275-284, equation (6).
    """
    return _compiled(frequency, recency, age)(parameters)


def fit(frequency: Floats, recency: Floats, age: Floats) -> BgNbd:
    """Fit the model by maximum likelihood, with analytic slopes.

    Parameters
    ----------
    frequency
        Days on which a customer ordered again after its first, shape (n_customers,); whole numbers
        from 0.
    recency
        Weeks from the first to the last of its order days, same shape; 0 where it never repeated.
    age
        Weeks from the first order to the day of the forecast, same shape; not below ``recency``.

    Returns
    -------
    The model; ``converged`` and ``ran_off`` say what the parameters are worth. A row in which
    anything is missing (NaN) is left out.

    References
    ----------
    As for :func:`log_likelihood`.

    Examples
    --------
    >>> frequency = np.array([2.0, 0, 5, 1, 0, 3, 9, 0, 2, 1])
    >>> recency = np.array([30.0, 0, 36, 3, 0, 20, 38, 0, 12, 35])
    >>> found = fit(frequency, recency, np.full(10, 39.0))
    >>> found.n, found.repeaters, found.converged
    (10, 7, True)
    """
    whole = np.isfinite(frequency) & np.isfinite(recency) & np.isfinite(age)
    frequency, recency, age = frequency[whole], recency[whole], age[whole]
    count, repeaters = len(frequency), int((frequency > 0).sum())
    unit = float(age.mean()) if count and age.any() else 1.0
    best = maximise(_compiled(frequency, recency / unit, age / unit), count, _STARTS)
    r, alpha, a, b = best.parameters.tolist()
    names = ("r", "alpha", "a", "b")
    return BgNbd(
        r,
        alpha * unit,
        a,
        b,
        best.log_likelihood * count - float(frequency.sum()) * math.log(unit),
        best.converged,
        tuple(names[k] for k in best.ran_off),
        count,
        repeaters,
    )


def p_active(model: BgNbd, frequency: Floats, recency: Floats, age: Floats) -> Floats:
    """The probability that a customer is still active.

    By the model nobody becomes inactive but after a repeat order: it is 1 for whoever never
    repeated, which says nothing of them.

    Parameters
    ----------
    frequency, recency, age
        As for :func:`fit`.

    Returns
    -------
    Shape (n_customers,), 0..1; missing (NaN) where anything is.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. (2008): Computing P(alive) using the BG/NBD model. Note 021,
    brucehardie.com/notes/021.

    Examples
    --------
    >>> cdnow = BgNbd(0.243, 4.414, 0.793, 2.426)
    >>> x, recency, age = np.array([2.0, 0]), np.array([30.43, 0]), np.array([38.86, 38.86])
    >>> p_active(cdnow, x, recency, age).round(4)
    array([0.7266, 1.    ])
    """
    from scipy.special import expit

    again = np.where(frequency > 0, frequency, 1.0)
    since = np.log1p((age - recency) / (model.alpha + recency))
    ended = math.log(model.a) - np.log(model.b + again - 1) + (model.r + again) * since
    missing = np.isnan(frequency + recency + age)
    found: Floats = np.where(frequency > 0, expit(-ended), 1.0)
    return np.where(missing, np.nan, found)


def expected_orders(
    model: BgNbd, frequency: Floats, recency: Floats, age: Floats, weeks: float
) -> Floats:
    """How many orders are to be expected of a customer in the next weeks.

    If active at rate ``l`` and probability ``p``, a customer makes (1 - exp(-l p t)) / p orders in
    ``t`` weeks on average. The mean over the rates has a closed form; that over the probabilities
    is taken by Gauss-Jacobi quadrature. It is the published expression with 2F1, without its pole
    at a = 1 and without the differences in which that loses its digits.

    Parameters
    ----------
    frequency, recency, age
        As for :func:`fit`.
    weeks
        From the day of the forecast; not below 0.

    Returns
    -------
    Orders, shape (n_customers,), from 0; missing (NaN) where anything is.

    References
    ----------
    Fader, Hardie, Lee (2005), as for :func:`log_likelihood`, equation (10). Golub, G. H., Welsch,
    J. H. (1969): Calculation of Gauss quadrature rules. Mathematics of Computation 23, 221-230.

    Examples
    --------
    The example of the published spreadsheet: CDNOW's customer 1, over 39 weeks.

    >>> cdnow = BgNbd(0.243, 4.414, 0.793, 2.426)
    >>> orders = expected_orders(cdnow, *np.array([[2.0], [30.43], [38.86]]), 39.0)
    >>> orders.round(3)
    array([1.226])
    """
    if_active = np.full(frequency.shape, np.nan)
    span = weeks / (model.alpha + age)
    for x, rows in _alike(frequency):
        nodes, shares = _jacobi(model.a, model.b + x)
        for some in np.split(rows, range(_ROWS, len(rows), _ROWS)):
            # (1 - (1 + p span) ** -(r + x)) / p, without loss where p is small
            grown = np.log1p(nodes * span[some, None])
            if_active[some] = (-np.expm1(-(model.r + x) * grown) / nodes) @ shares
    return if_active * p_active(model, frequency, recency, age)


def _compiled(
    frequency: Floats, recency: Floats, age: Floats
) -> Callable[[Floats], tuple[float, Floats]]:
    """The log-likelihood and its slopes as a function of the parameters.

    What depends on the frequency alone is computed once for all customers that share one.
    """
    from scipy.special import digamma, gammaln

    again = frequency > 0
    x, of_each = np.unique(frequency, return_inverse=True)
    counts = np.bincount(of_each, minlength=len(x))
    first = np.flatnonzero(again)

    def evaluated(parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = parameters.tolist()
        alike = gammaln(r + x) - gammaln(r) + gammaln(a + b) - gammaln(a + b + x)
        alike += gammaln(b + x) - gammaln(b)
        to_now, to_last = np.log(alpha + age), np.log(alpha + recency[first])
        repeated = frequency[first]
        # of each customer that repeated: how much likelier that the last order ended it
        odds = np.log(a / (b + repeated - 1)) + (r + repeated) * (to_now[first] - to_last)
        ended = np.zeros(len(frequency))
        ended[first] = np.exp(-np.logaddexp(0.0, -odds))
        total = float(counts @ alike) + len(frequency) * r * math.log(alpha)
        total += float(np.logaddexp(0.0, odds).sum() - (r + frequency) @ to_now)
        by_r = float(counts @ (digamma(r + x) - digamma(r)))
        by_r += len(frequency) * math.log(alpha) - float((1 - ended) @ to_now)
        by_r -= float(ended[first] @ to_last)
        weights = (1 - ended) / (alpha + age)
        weights[first] += ended[first] / (alpha + recency[first])
        by_alpha = len(frequency) * r / alpha - float((r + frequency) @ weights)
        both = digamma(a + b) - digamma(a + b + x)
        by_a = float(counts @ both) + float(ended.sum()) / a
        by_b = float(counts @ (both + digamma(b + x) - digamma(b)))
        by_b -= float((ended[first] / (b + repeated - 1)).sum())
        return total, np.array([by_r, by_alpha, by_a, by_b])

    return evaluated


def _alike(frequency: Floats) -> Iterator[tuple[float, np.ndarray[tuple[int], np.dtype[np.intp]]]]:
    """Each frequency that there is, with the rows that have it."""
    order = np.argsort(frequency, kind="stable")
    values, starts = np.unique(frequency[order], return_index=True)
    for x, rows in zip(values.tolist(), np.split(order, starts[1:]), strict=True):
        if not math.isnan(x):
            yield x, rows


def _jacobi(a: float, b: float) -> tuple[Floats, Floats]:
    """Nodes and shares that give the mean of a smooth function over a beta distribution."""
    from scipy.linalg import eigh_tridiagonal

    # the recurrence of the Jacobi polynomials on 0..1 for the weight p^(a-1) (1-p)^(b-1)
    k = np.arange(1, _NODES, dtype=np.float64)
    s = 2 * k + a + b
    middle = np.r_[a / (a + b), 0.5 + 0.5 * (a - b) * (a + b - 2) / (s * (s - 2))]
    beside = k * (k + a - 1) * (k + b - 1) * (k + a + b - 2) / ((s - 2) ** 2 * (s - 1) * (s - 3))
    beside[0] = a * b / ((a + b) ** 2 * (a + b + 1))  # the same, without 0/0 at a + b = 1
    nodes, vectors = eigh_tridiagonal(middle, np.sqrt(beside))
    return np.maximum(nodes, np.finfo(np.float64).tiny), vectors[0] ** 2
