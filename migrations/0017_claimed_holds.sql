-- Until when a hold that ran out is left to the sweeper that has claimed it. It says nothing of the hold.

ALTER TABLE reservations ADD COLUMN claimed_until timestamptz;
