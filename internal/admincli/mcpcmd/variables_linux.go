package mcpcmd

// sessionVariables are those by which the person's files, their session's bus and what is unlocked there are found.
var sessionVariables = []string{"HOME", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"}
