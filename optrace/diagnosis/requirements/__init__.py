"""What the specifications demand, requirement by requirement, each decidable from what goes over the wire.

Ids never change their meaning: C is asked of the client, A of an authorization server, R of a resource server, W of the
server of wallet addresses. An ASE plays the last three, the sender's and the recipient's each.
"""

from __future__ import annotations

from optrace.core.registry import Registry
from optrace.diagnosis.requirements.authorization_server import AUTHORIZATION_SERVER
from optrace.diagnosis.requirements.client import CLIENT
from optrace.diagnosis.requirements.requirement import Requirement
from optrace.diagnosis.requirements.resource_server import RESOURCE_SERVER

__all__ = ["ASE", "CLIENT", "REQUIREMENTS", "Requirement"]

ASE: tuple[Requirement, ...] = AUTHORIZATION_SERVER + RESOURCE_SERVER
REQUIREMENTS: Registry[Requirement] = Registry("requirement", CLIENT + ASE, name=lambda requirement: requirement.id)
