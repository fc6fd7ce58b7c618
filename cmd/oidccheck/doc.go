// Package oidccheck holds the sign-in with an outside provider to a real one: the OpenID provider of github.com/zitadel/oidc, which is certified
// by the OpenID Foundation, runs beside the staff site, and a browser goes from one to the other. It is a module of its own, so that the
// program doesn't carry a provider's libraries. It owns no table; ./deploy/test runs its tests.
package oidccheck
