-- One step of a ticket's life, as machine.go's table has it. The guard is the table's from-states; the row is locked already.
UPDATE tickets SET
    state      = @state,
    claimed_by = NULLIF(@holder::bigint, 0),
    claimed_at = CASE WHEN @holder::bigint = 0 THEN NULL WHEN claimed_by = @holder THEN claimed_at ELSE @now END,
    active_at  = CASE WHEN @state = 'waiting' THEN NULL WHEN @active THEN @now ELSE active_at END,
    joined_by  = NULLIF(@second::bigint, 0),
    joined_at  = CASE WHEN @second::bigint = 0 THEN NULL WHEN joined_by = @second THEN joined_at ELSE @now END,
    asked_of = NULLIF(@asked::bigint, 0),
    asked_at = CASE WHEN @asked::bigint = 0 THEN NULL WHEN asked_of = @asked THEN asked_at ELSE @now END,
    wish       = CASE WHEN @routed THEN @wish ELSE wish END,
    help_point = CASE WHEN @routed THEN NULLIF(@help_point, '') ELSE help_point END,
    routed_at  = CASE WHEN @routed THEN @now ELSE routed_at END,
    why        = CASE WHEN @routed THEN @why ELSE why END,
    closed_at  = CASE WHEN @state = 'closed' THEN coalesce(closed_at, @now) END,
    outcome    = NULLIF(@outcome, ''),
    summary    = CASE WHEN @state = 'closed' THEN '' ELSE summary END,
    effort     = NULLIF(@effort::int, 0),
    guide      = NULLIF(@guide, ''),
    contact      = CASE WHEN @outcome = 'withdrawn' THEN NULL ELSE contact END,
    contact_kind = CASE WHEN @outcome = 'withdrawn' THEN '' ELSE contact_kind END
WHERE id = @ticket AND state = ANY (@from)
