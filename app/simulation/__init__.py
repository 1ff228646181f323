"""The simulated fleet: mitras and customers that use the real API, and a check of the promises at the end."""

from app.simulation.fleet import simulate
from app.simulation.settings import SimulationSettings

__all__ = ["SimulationSettings", "simulate"]
