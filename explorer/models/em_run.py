"""EM watched from start to end, also where the end is a wall: a component that collapses.

A component on one point has no best width: the narrower, the higher the likelihood, without limit.
`em_steps` stops there with CollapsedComponent. `squeeze` shows the limit it refused to take.
Letters: N points, D dimensions, K components. Log-likelihoods are totals over the points, in nats.
Source: Bishop, PRML (2006), section 9.2.1, on singularities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.models.checks import Array
from explorer.models.covariance import CollapsedComponent
from explorer.models.em import EMStep, em_steps, lower_bound, m_step
from explorer.models.mixture import Mixture

DECADES = 14  # how far `squeeze` goes down, in powers of ten


@dataclass(frozen=True, eq=False)
class Run:
    """EM from one start: the half-steps, and where it ended."""

    start: Mixture
    log_likelihood: float  # of the start
    steps: tuple[EMStep, ...]
    tol: float
    collapsed: CollapsedComponent | None = None
    squeezed: tuple[tuple[float, EMStep], ...] = ()  # (floor, the M step with that floor)

    @property
    def iterations(self) -> int:
        """Complete pairs of E and M."""
        return sum(step.half == "M" for step in self.steps)

    @property
    def end(self) -> Mixture:
        """The last parameters that are a density."""
        return self.steps[-1].mixture if self.steps else self.start

    @property
    def end_log_likelihood(self) -> float:
        """Of the last parameters."""
        return self.steps[-1].log_likelihood if self.steps else self.log_likelihood

    @property
    def largest_fall(self) -> float:
        """The most that the log-likelihood lost in one half-step; 0 without reg_covar."""
        totals = [self.log_likelihood, *(step.log_likelihood for step in self.steps)]
        return float(max(0.0, -np.diff(totals).min(initial=0.0)))

    @property
    def settled(self) -> bool:
        """Whether the last E step changed the log-likelihood per point by less than tol."""
        before = [step.log_likelihood_per_point for step in self.steps if step.half == "E"][-2:]
        return len(before) == 2 and before[1] - before[0] < self.tol and self.collapsed is None


def run(
    x: Array,
    start: Mixture,
    covariance_type: str = "full",
    reg_covar: float = 0.0,
    tol: float = 1e-4,
    max_iter: int = 100,
) -> Run:
    """All half-steps of em_steps; a collapse is kept as a result and squeezed, not raised."""
    steps: list[EMStep] = []
    collapsed = None
    try:
        steps.extend(em_steps(x, start, covariance_type, reg_covar, tol, max_iter))
    except CollapsedComponent as wall:
        collapsed = wall
    begin = float(start.log_prob(x).sum())
    squeezed = () if collapsed is None or not steps else squeeze(x, steps[-1], covariance_type)
    return Run(start, begin, tuple(steps), tol, collapsed, squeezed)


def squeeze(x: Array, e_step: EMStep, covariance_type: str) -> tuple[tuple[float, EMStep], ...]:
    """The M step that has no maximum, with a floor under every variance that sinks towards 0.

    The floor (what reg_covar is in em_steps) falls by powers of ten from a tenth of the smallest
    variance of x; kept is what lies above the likelihood of the E step. The log-likelihood rises
    by at least half of ln 10 each time, for ever.
    """
    largest = float(x.var(axis=0).min()) / 10
    gamma, results = e_step.responsibilities, []
    for floor in largest * 10.0 ** -np.arange(DECADES):
        try:
            mixture = m_step(x, gamma, covariance_type, float(floor))
        except CollapsedComponent:
            break  # too narrow even for float64
        total = float(mixture.log_prob(x).sum())
        if total > e_step.log_likelihood:
            bound = lower_bound(x, gamma, mixture)
            step = EMStep(e_step.iteration, "M", mixture, gamma, total, bound)
            results.append((float(floor), step))
    return tuple(results)
