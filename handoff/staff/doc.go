// Package staff holds the accounts of librarians, supervisors, editors and administrators: how they sign in,
// what they may do, and the record of what they did.
//
// It owns staff, staff_libraries, staff_sessions, staff_half_sessions, staff_second_steps, staff_recovery_codes, staff_identities,
// staff_devices, staff_rules, staff_links, staff_telegram, staff_telegram_codes, staff_sign_in_tries and audit_log, and refers to
// knowledge's help_points and municipalities. Handoff asks it who serves a library, handoff/console signs people in, cmd creates accounts.
// Every change that a member of the staff makes, here or on a floor below, goes through [Store.Door].
package staff
