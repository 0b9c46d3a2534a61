"""What RFCs ask of every call whatever it is about: pure functions over messages and streams, one module a topic.

Each returns what broke, an empty list is a pass. What an RFC leaves open (100 or not, 183 for 180, the order of
headers, numbers of an answer's payload types) is left open here.
"""
