"""The grant models bound to Open Payments' access items, as the recognition of exchanges binds them."""

from optrace.gnap.introspection import IntrospectionRequest, IntrospectionResponse
from optrace.gnap.requests import GrantRequest
from optrace.gnap.responses import GrantResponse
from optrace.openpayments.access import AccessItem

OpGrantRequest = GrantRequest[AccessItem]
OpGrantResponse = GrantResponse[AccessItem]
OpIntrospectionRequest = IntrospectionRequest[AccessItem]
OpIntrospectionResponse = IntrospectionResponse[AccessItem]
