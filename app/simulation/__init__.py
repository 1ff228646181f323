"""The simulated fleet: mitras and customers who use the real API, and the proof that all went well."""

from app.simulation.fleet import simulate
from app.simulation.settings import SimulationSettings

__all__ = ["SimulationSettings", "simulate"]
