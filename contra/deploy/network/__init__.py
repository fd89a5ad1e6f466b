"""The network around the switches: namespaces, links, hosts, switch processes, and what is done to them."""
