"""Grants (給付): projects, single grants, and files of many."""
