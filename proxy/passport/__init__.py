"""All that is known of Passport's API; the other rooms serve any API.

Sources: docs.passportfintech.com (access tokens, endpoint structure, the pages of the resources).
"""
