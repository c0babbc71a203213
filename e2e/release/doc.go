// Package release tries what goreleaser has made before anybody else does: that each archive and package holds both programs,
// the manual and completions, that what is installed works and is gone when it is removed, and that what tells Homebrew, Scoop
// and winget of a release names both programs. The tests ask for `make release-check`, which makes the release first.
package release
