package main

import "runtime/debug"

// version is written by the linker where a release or an image is built: -ldflags "-X main.version=1.2.3".
var version string

// versionWords name what runs: the release, or the commit that it was built from.
func versionWords() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
