// Package redis carries what may be lost at any moment: wake-ups between replicas, rate limits, presence.
//
// Nothing here is the truth about anything. Redis may be wiped, restarted or unreachable: then wake-ups stay within
// the process (a slow sweep of the database stands behind each), limits are counted per process, presence is what this
// process has seen, and no request fails or waits for it. Leader-like work does not belong here: postgres.Lead holds it.
//
// The servers may be one, a master that Sentinel looks after, or a cluster; Valkey does as well. Every command and script touches one key,
// so in a cluster each goes where its key is.
//
// It owns no table. bot, handoff and their sites call it; cmd opens it and runs it.
package redis
