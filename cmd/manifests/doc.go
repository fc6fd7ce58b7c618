// Package manifests checks what operators install, as far as that can be done without a cluster: deploy/kubernetes is rendered by kustomize and
// read strictly into the types of those who define it, deploy/compose by Compose's own reader, and rules of ours hold over both. It is a module
// of its own, so that the program carries none of these. ./deploy/test runs it; it owns no table.
package manifests
