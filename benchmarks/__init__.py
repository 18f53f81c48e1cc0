"""What forwarding costs, measured side by side with the proxies that people use."""
