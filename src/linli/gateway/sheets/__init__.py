"""The door for spreadsheets: upload, match columns, look at the trial, import, take back."""
