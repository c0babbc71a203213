package ancestors

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// process reads proc_pid_stat(5): the name stands in brackets, and may hold brackets itself.
func process(pid int) (called string, parent int, ok bool) {
	stat, _, err := localfile.Read("/proc/"+strconv.Itoa(pid)+"/stat", 4<<10)
	if err != nil {
		return "", 0, false
	}
	return parse(string(stat))
}

func parse(stat string) (called string, parent int, ok bool) {
	from, to := strings.Index(stat, "("), strings.LastIndex(stat, ")")
	if from < 0 || to < from {
		return "", 0, false
	}
	fields := strings.Fields(stat[to+1:])
	if len(fields) < 2 {
		return "", 0, false
	}
	parent, err := strconv.Atoi(fields[1])
	return stat[from+1 : to], parent, err == nil
}

// maxLine bounds what is read of a command line, in bytes: its first words stand in so much of it.
const maxLine = 4 << 10

// words reads proc_pid_cmdline(5).
func words(pid int) []string {
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	line, err := io.ReadAll(io.LimitReader(f, maxLine))
	if err != nil {
		return nil
	}
	return strings.SplitN(strings.TrimSuffix(string(line), "\x00"), "\x00", maxWords+1)
}
