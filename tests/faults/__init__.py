"""What breaks under a running server, without a browser; tests/browser/test_faults.py has one."""
