package beside

// waysToWait for the end of a process: what the kernel tells, and what older ones make us look for.
var waysToWait = []func(int) (func(), error){End, polled}
