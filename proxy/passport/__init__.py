"""Everything that is known of Passport's API; what stands beside this room serves any API.

Sources: docs.passportfintech.com (access tokens, endpoint structure, the pages of the resources).
"""
