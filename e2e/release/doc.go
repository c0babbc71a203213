// Package release tries what goreleaser has made before anybody else does: that each archive and package holds both programs,
// the manual and completions, that what is installed works and is gone when it is removed, that what tells Homebrew, Scoop
// and winget of a release fetches these very files, and that the next release of the commit is the same. The tests ask for
// `make release-check`, which makes the release first.
package release
