"""`/brim/dashboard`: what the proxy does, for people. Written down cheaply, drawn on demand."""
