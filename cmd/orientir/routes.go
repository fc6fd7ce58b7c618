package main

import (
	"fmt"
	"net/http"
)

// route is one line of the list of what the program answers.
type route struct {
	pattern string
	handler http.Handler
}

// routes lists what the program answers: the sites of the two upper floors, each with a list of its own, and what stands beside them.
func (p *Program) routes(s *site, chat, desk http.Handler) []route {
	list := []route{
		{"/", chat},
		{"/console/", desk},
		{"GET /healthz", http.HandlerFunc(p.healthz)},
		{"GET /readyz", s.ready},
	}
	if s.telegram != nil {
		list = append(list, route{"POST /telegram/webhook", s.telegram.Webhook(s.engine)})
	}
	return list
}

// healthz says that the program lives.
func (p *Program) healthz(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// fortified puts the strictest headers on every answer, before anybody writes one: nothing may be loaded, framed, kept or guessed at. Whoever
// answers with a page loosens what the page needs. With https browsers are told to come by https alone for a year; what stands on other
// hosts of the same domain is not ours to decide about.
func fortified(https bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "geolocation=(), camera=(), microphone=(), payment=(), usb=(), browsing-topics=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
