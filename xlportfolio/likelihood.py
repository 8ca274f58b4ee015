"""Maximum likelihood of a model whose parameters are all positive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from xlportfolio.scoring import Floats

#: A parameter that gets this far from 1, in the units in which the data are near 1, has no finite
#: best value: the likelihood rises for ever.
FAR = 1e4
#: The largest slope of the mean log-likelihood, by the logarithm of a parameter, at a maximum.
_FLAT = 1e-6
#: Parameters -> the log-likelihood of all data, and its slopes by each parameter.
LogLikelihood = Callable[[Floats], tuple[float, Floats]]


class Maximum(NamedTuple):
    """Where a likelihood is largest.

    Attributes
    ----------
    parameters
        Shape (n_parameters,), each above 0.
    log_likelihood
        Its mean over the data.
    converged
        Whether it is flat there, with no parameter that ran off.
    ran_off
        The positions of parameters that went :data:`FAR` without an end.
    """

    parameters: Floats
    log_likelihood: float
    converged: bool
    ran_off: tuple[int, ...]


def maximise(of: LogLikelihood, count: int, starts: Sequence[Sequence[float]]) -> Maximum:
    """Where a likelihood is largest, by L-BFGS-B over the logarithms of the parameters.

    Parameters
    ----------
    of
        The log-likelihood and its slopes, of data scaled so that they are near 1.
    count
        How many data there are: what is flat enough is judged by their mean.
    starts
        Where the search begins; the next one is tried where the one before ends at no maximum. At
        least one.

    Returns
    -------
    The first maximum that is found, else the highest point.

    References
    ----------
    Zhu, C., Byrd, R. H., Lu, P., Nocedal, J. (1997): Algorithm 778: L-BFGS-B. ACM Transactions on
    Mathematical Software 23 (4), 550-560.

    Examples
    --------
    The rate of 5 exponential times whose mean is 4:

    >>> found = maximise(lambda p: (5 * np.log(p[0]) - 20 * p[0], 5 / p - 20), 5, [[1.0]])
    >>> found.parameters.round(6), found.converged
    (array([0.25]), True)
    """
    from scipy.optimize import minimize

    def falling(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        value, slopes = of(parameters)
        return -value / max(count, 1), -slopes / max(count, 1) * parameters

    edge = np.log(FAR)
    found: Maximum | None = None
    for start in starts:
        end = minimize(
            falling,
            np.log(start),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-edge, edge)] * len(start),
            options={"ftol": 0, "gtol": _FLAT / 100, "maxiter": 1000},
        )
        inside = np.abs(end.x) < edge - 0.01
        flat = np.abs(falling(end.x)[1]) <= _FLAT
        maximum = Maximum(
            np.exp(end.x),
            -float(end.fun),
            converged=bool((inside & flat).all()),
            ran_off=tuple(np.flatnonzero(~inside).tolist()),
        )
        if maximum.converged:
            return maximum
        if found is None or maximum.log_likelihood > found.log_likelihood:
            found = maximum
    assert found is not None
    return found
