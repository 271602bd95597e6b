"""websockify, the bridge from WebSocket to TCP, in front of a Redis whose users are the customers."""
