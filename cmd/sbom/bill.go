package main

import (
	"runtime/debug"

	"github.com/CycloneDX/cyclonedx-go"
)

// beside are the programs that Orientir runs with or is tested with, and that somebody else installs: which version is the operator's choice.
var beside = []struct {
	purl, name, licence, what string
	scope                     cyclonedx.Scope
}{
	{"pkg:deb/debian/postgresql", "PostgreSQL", "PostgreSQL", "database, 15 or newer", cyclonedx.ScopeRequired},
	{"pkg:deb/debian/postgresql-15-pgvector", "pgvector", "PostgreSQL", "extension of the database; named after its version", cyclonedx.ScopeRequired},
	{"pkg:deb/debian/redis-server", "Redis", "BSD-3-Clause", "7.0 as Debian 12 has it; Valkey instead has the same licence", cyclonedx.ScopeRequired},
	{"pkg:deb/debian/chromium", "Chromium", "BSD-3-Clause", "for the tests alone", cyclonedx.ScopeExcluded},
	{"pkg:deb/debian/hunspell-bg", "hunspell-bg", "GPL-2.0-or-later", "a word list, for the tests alone; nothing of it is in the program", cyclonedx.ScopeExcluded},
	{"pkg:npm/axe-core@4.14.1", "axe-core", "MPL-2.0", "for the tests alone", cyclonedx.ScopeExcluded},
}

// bill is the whole file.
func bill(info *debug.BuildInfo, modules []*module) *cyclonedx.BOM {
	const self = "orientir"
	b := cyclonedx.NewBOM()
	b.Metadata = &cyclonedx.Metadata{Component: &cyclonedx.Component{
		BOMRef: self, Type: cyclonedx.ComponentTypeApplication, Name: "Orientir", Version: version(info),
		Description: "assistant for Bulgarian e-services", PackageURL: "pkg:golang/" + info.Main.Path,
	}}
	components := []cyclonedx.Component{}
	direct := []string{}
	dependencies := []cyclonedx.Dependency{}
	ref := func(m *module) string { return "pkg:golang/" + m.Path + "@" + m.Version }
	refs := map[string]string{}
	for _, m := range modules {
		refs[m.Path] = ref(m)
	}
	for _, m := range modules {
		c := cyclonedx.Component{
			BOMRef: ref(m), Type: cyclonedx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, Scope: cyclonedx.ScopeRequired, PackageURL: ref(m),
			Licenses: licences(m.Licences...),
		}
		if m.Sum != "" {
			c.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: m.Sum}}
		}
		components = append(components, c)
		direct = append(direct, c.BOMRef)
		needs := []string{}
		for _, path := range m.Needs {
			needs = append(needs, refs[path])
		}
		dependencies = append(dependencies, cyclonedx.Dependency{Ref: c.BOMRef, Dependencies: &needs})
	}
	for _, p := range beside {
		components = append(components, cyclonedx.Component{
			BOMRef: p.purl, Type: cyclonedx.ComponentTypeApplication, Name: p.name, Description: p.what, Scope: p.scope, PackageURL: p.purl, Licenses: licences(p.licence),
		})
	}
	dependencies = append(dependencies, cyclonedx.Dependency{Ref: self, Dependencies: &direct})
	b.Components, b.Dependencies = &components, &dependencies
	return b
}

func licences(ids ...string) *cyclonedx.Licenses {
	var all cyclonedx.Licenses
	for _, id := range ids {
		all = append(all, cyclonedx.LicenseChoice{License: &cyclonedx.License{ID: id}})
	}
	return &all
}

// version is the commit that the program was built from, where the build noted it.
func version(info *debug.BuildInfo) string {
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}
