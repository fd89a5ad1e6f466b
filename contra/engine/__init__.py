"""The simulated network: virtual clock, links, queues, hosts; its switches run programs of `contra.p4`."""
