"""The base's media: RTP and RTCP on the network side, 32 kbit/s G.726 on the air side, and tones of its own."""
