def when_to_use_which(tables): return ""
def beside_optuna(tables): return ""
