package ownkeys

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// tool is a program, or a kind of file, that keeps keys in files.
type tool struct {
	tool string
	form form
	// home are patterns of files below the home directory, variables name files in their place or besides. A variable may name a directory.
	home      []string
	variables []string
	tree      []string // patterns of names of files in the working directory's tree
	ending    []string // or of the ends of their paths, with slashes
}

const (
	configTool  = "the AWS and Databricks tools"
	historyTool = "shell history"
)

// tools are the usual places. Paths of one system are not there on another.
var tools = []tool{
	{tool: configTool, form: sections}, // see Machine.Configs
	{tool: ".env", form: settings, tree: []string{".env", ".env.*", "*.env", ".envrc"}},
	{tool: "shell start-up", form: settings, home: []string{
		".bashrc", ".bash_profile", ".bash_login", ".profile", ".bash_aliases", ".zshrc", ".zshenv", ".zprofile", ".config/fish/config.fish", ".config/fish/conf.d/*.fish",
		".cshrc", ".tcshrc", ".Renviron", ".pam_environment", ".config/environment.d/*.conf", ".config/powershell/*.ps1", "Documents/PowerShell/*.ps1",
	}},
	{tool: historyTool, form: history, variables: []string{"HISTFILE"}, home: []string{
		".bash_history", ".zsh_history", ".zhistory", ".histfile", ".sh_history", ".ash_history", ".python_history", ".psql_history",
		".local/share/powershell/PSReadLine/ConsoleHost_history.txt", "AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt",
	}},
	{tool: "fish history", home: []string{".local/share/fish/fish_history"}}, // a command is several lines
	{tool: "dbt", variables: []string{"DBT_PROFILES_DIR"}, home: []string{".dbt/profiles.yml"}, tree: []string{"profiles.yml"}},
	{tool: "netrc", variables: []string{"NETRC"}, home: []string{".netrc", "_netrc"}, tree: []string{".netrc"}},
	{tool: "pip", variables: []string{"PIP_CONFIG_FILE"}, home: []string{
		".config/pip/pip.conf", ".pip/pip.conf", "Library/Application Support/pip/pip.conf", "AppData/Roaming/pip/pip.ini", ".pypirc", ".condarc", ".config/uv/uv.toml",
	}, tree: []string{"pip.conf", ".pypirc", "uv.toml"}},
	{tool: "Terraform", variables: []string{"TF_CLI_CONFIG_FILE"}, home: []string{
		".terraformrc", ".terraform.d/credentials.tfrc.json", "AppData/Roaming/terraform.rc", "AppData/Roaming/terraform.d/credentials.tfrc.json",
	}, tree: []string{"*.tfvars", "*.tfvars.json", "terraform.tfstate", "terraform.tfstate.backup", ".terraformrc"}},
	{tool: "Jupyter", home: []string{
		".jupyter/*.py", ".jupyter/*.json", ".ipython/profile_default/*.py", ".ipython/profile_default/startup/*",
		".local/share/jupyter/kernels/*/kernel.json", "Library/Jupyter/kernels/*/kernel.json", "AppData/Roaming/jupyter/kernels/*/kernel.json",
	}},
	{tool: "VS Code", home: []string{
		".config/Code/User/settings.json", ".config/Cursor/User/settings.json", ".config/VSCodium/User/settings.json", ".vscode-server/data/Machine/settings.json",
		"Library/Application Support/Code/User/settings.json", "Library/Application Support/Cursor/User/settings.json",
		"AppData/Roaming/Code/User/settings.json", "AppData/Roaming/Cursor/User/settings.json",
	}, ending: []string{".vscode/settings.json", ".vscode/launch.json", ".vscode/tasks.json"}},
	{tool: "Git", home: []string{".git-credentials", ".config/git/credentials", ".gitconfig", ".config/git/config"}},
	{tool: "object storage clients", home: []string{".s3cfg", ".config/rclone/rclone.conf", ".mc/config.json", ".boto"}},
}

// places are the files that may be there.
func (m Machine) places(f *Found) []place {
	var all []place
	for _, path := range m.Configs {
		all = append(all, place{tool: configTool, path: path, form: sections, named: true})
	}
	for _, t := range tools {
		for _, name := range t.variables {
			path := m.Getenv(name)
			if path == "" {
				continue
			}
			path = m.absolute(path)
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				path = filepath.Join(path, filepath.Base(t.home[0]))
			}
			all = append(all, place{t.tool, path, t.form, true})
		}
		if m.Home == "" {
			continue
		}
		for _, pattern := range t.home {
			// Only our own part is a pattern: a home directory may have brackets in its name.
			names, _ := filepath.Glob(filepath.Join(escaped(m.Home), filepath.FromSlash(pattern)))
			for _, name := range names {
				all = append(all, place{tool: t.tool, path: name, form: t.form})
			}
		}
	}
	return append(all, m.tree(f)...)
}

func (m Machine) absolute(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && m.Home != "" {
		return filepath.Join(m.Home, rest)
	}
	if !filepath.IsAbs(path) {
		return filepath.Join(m.Dir, path)
	}
	return path
}

// escaped is a path for filepath.Glob, in which no character is a pattern's. Windows knows no escape, and no such file either.
func escaped(path string) string {
	if runtime.GOOS == "windows" {
		return path
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// Bounds of the working directory's tree: a home is looked through in a second, a disk is not.
const (
	maxDepth   = 6
	maxEntries = 20_000
)

// skipped are directories of other people's files.
var skipped = []string{"node_modules", "site-packages", "__pycache__", "venv", "vendor", "target", "dist", "build"}

// tree are the files in the working directory's tree, and of the directories above up to the home or the repository's top those that tools
// read from below.
func (m Machine) tree(f *Found) []place {
	var all []place
	for dir := m.Dir; dir != "" && dir != m.Home && within(m.Home, dir) && !isTop(dir); {
		dir = filepath.Dir(dir)
		for _, name := range []string{".env", ".envrc"} {
			all = append(all, place{tool: ".env", path: filepath.Join(dir, name), form: settings})
		}
	}
	entries, deeper := 0, ""
	var walk func(dir string, depth int)
	walk = func(dir string, depth int) {
		listed, err := os.ReadDir(dir)
		if err != nil {
			f.Unread = append(f.Unread, Unread{dir, err.Error()})
		}
		for _, e := range listed {
			if entries++; entries > maxEntries {
				return
			}
			path := filepath.Join(dir, e.Name())
			if !e.IsDir() {
				if t, ok := toolOf(path); ok {
					all = append(all, place{tool: t.tool, path: path, form: t.form})
				}
				continue
			}
			hidden := strings.HasPrefix(e.Name(), ".") && e.Name() != ".vscode" && e.Name() != ".dbt"
			switch {
			case hidden || slices.Contains(skipped, e.Name()):
			case depth < maxDepth:
				walk(path, depth+1)
			case deeper == "":
				deeper = path
			}
		}
	}
	if m.Dir != "" {
		walk(m.Dir, 0)
	}
	if deeper != "" {
		f.Unread = append(f.Unread, Unread{deeper, "it lies deeper than six directories, as may others; dbxaccess scan looks through all of a directory"})
	}
	if entries > maxEntries {
		f.Unread = append(f.Unread, Unread{m.Dir, "it has more than 20,000 files: the rest was not looked at; dbxaccess scan looks through all of a directory"})
	}
	return all
}

// toolOf is whose a file in the tree is, by its name.
func toolOf(path string) (tool, bool) {
	for _, t := range tools {
		for _, pattern := range t.tree {
			if ok, _ := filepath.Match(pattern, filepath.Base(path)); ok {
				return t, true
			}
		}
		for _, ending := range t.ending {
			if strings.HasSuffix(filepath.ToSlash(path), "/"+ending) {
				return t, true
			}
		}
	}
	return tool{}, false
}

// within reports whether dir is below home, or home itself.
func within(home, dir string) bool {
	rel, err := filepath.Rel(home, dir)
	return home != "" && err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// isTop reports whether a directory is the top of a repository.
func isTop(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	return err == nil
}
