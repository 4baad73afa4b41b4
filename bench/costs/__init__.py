"""What answers cost a month, here and elsewhere: prices, counts and a formula."""
