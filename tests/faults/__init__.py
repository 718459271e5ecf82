"""Nothing lost, nothing twice, nothing stuck: every fault at every call, by seed, over the emulator, by SIGKILL."""
