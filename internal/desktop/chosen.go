package desktop

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"

	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Chosen is the part of a browser that an address is opened in, so that several sign-ins stand side by side. The zero value is the
// browser as it opens by itself.
type Chosen struct {
	Profile string // the folder of a profile of Chrome, Edge, Brave or Chromium, or the name of one of Firefox
	// Container is one of Firefox's, which is made if it is not there, by the extension "Open external links in a container":
	// https://github.com/honsiorovskyi/open-url-in-container
	Container string
}

// maxNamed bounds the name of a profile or container, in runes.
const maxNamed = 64

// family are browsers that take the same arguments.
type family struct {
	marks    []string // one of which is in each one's program name
	programs []string // as Linux has them, the usual first
	apps     []string // as macOS has them
	profile  func(name string) []string
}

var families = []family{
	{
		[]string{"chrome", "chromium", "edge", "brave", "vivaldi"},
		[]string{"google-chrome", "google-chrome-stable", "microsoft-edge", "microsoft-edge-stable", "brave-browser", "chromium", "chromium-browser"},
		[]string{"Google Chrome", "Microsoft Edge", "Brave Browser", "Chromium"},
		func(name string) []string { return []string{"--profile-directory=" + name} },
	},
	{
		[]string{"firefox", "librewolf"},
		[]string{"firefox", "firefox-esr", "librewolf"},
		[]string{"Firefox", "Firefox Developer Edition", "LibreWolf"},
		func(name string) []string { return []string{"-P", name} },
	},
}

const firefox = 1 // among the families

// Opener returns what opens an address there. The error, with the code Usage, says what is no name, or which browser is missing.
func (c Chosen) Opener(getenv func(string) string) (open func(address string) error, err error) {
	if c == (Chosen{}) {
		return func(address string) error { return Open(getenv, address) }, nil
	}
	for flag, name := range map[string]string{"--browser-profile": c.Profile, "--container": c.Container} {
		odd := func(r rune) bool { return !unicode.IsPrint(r) }
		if len([]rune(name)) > maxNamed || strings.HasPrefix(name, "-") || strings.ContainsFunc(name, odd) {
			return nil, ui.Errorf("browser-part-invalid", ui.Usage, "%s %s is no name", flag, ui.Named(ui.Cut(name, maxNamed))).
				With(ui.Advice("a name is printable, does not begin with a hyphen, and has 64 characters at most"))
		}
	}
	argv, err := c.find(runtime.GOOS, getenv(BrowserVariable), func(name string) bool {
		if runtime.GOOS == "darwin" {
			_, err := os.Stat("/Applications/" + name + ".app")
			return err == nil
		}
		_, err := exec.LookPath(name)
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	return func(address string) error {
		return command.LetGo(append(argv[:len(argv):len(argv)], c.address(address))...)
	}, nil
}

// address is what is opened in place of an address: a container's goes through the extension, whose contract is its README.
func (c Chosen) address(address string) string {
	if c.Container == "" {
		return address
	}
	escaped := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return "ext+container:name=" + escaped(c.Container) + "&url=" + escaped(address)
}

// find is the command line before the address. named is what BROWSER says, which decides; else the first browser that is there does.
func (c Chosen) find(goos, named string, there func(name string) bool) (argv []string, err error) {
	for i, f := range families {
		if c.Container != "" && i != firefox {
			continue
		}
		args := []string(nil)
		if c.Profile != "" {
			args = f.profile(c.Profile)
		}
		if isProgram(named) {
			base := strings.ToLower(filepath.Base(named))
			for _, mark := range f.marks {
				if strings.Contains(base, mark) {
					return append([]string{named}, args...), nil
				}
			}
			continue
		}
		candidates := f.programs
		if goos == "darwin" {
			candidates = f.apps
		}
		for _, name := range candidates {
			if goos == "windows" || !there(name) { // whose browsers are in no PATH
				continue
			}
			if goos == "darwin" {
				return append([]string{"open", "-n", "-a", name, "--args"}, args...), nil
			}
			return append([]string{name}, args...), nil
		}
	}
	wanted := "Chrome, Edge, Brave, Chromium or Firefox"
	if c.Container != "" {
		wanted = "Firefox, whose containers these are"
	}
	if isProgram(named) {
		return nil, ui.Errorf("browser-without-parts", ui.Usage, "the browser is %s, and it takes %s", ui.Clean(named), wanted).
			With(ui.Advice("have BROWSER, or console.browser of your settings, name one of them, or leave --browser-profile and --container out"))
	}
	return nil, ui.Errorf("browser-without-parts", ui.Usage, "none of the browsers was found that have profiles or containers: it takes %s", wanted).
		With(ui.Advice("have BROWSER, or console.browser of your settings, name its program, or leave --browser-profile and --container out"))
}
