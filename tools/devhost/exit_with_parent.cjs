// Loaded into node before Azurite. Standard input is a pipe whose other end only our Python process holds:
// when that process ends, in whatever way (also SIGKILL), the pipe closes and Azurite shuts down in good order.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
// an open pipe alone must not keep Azurite running once it has closed its servers
process.stdin.unref();
