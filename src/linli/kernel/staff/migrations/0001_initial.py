import django.db.models.deletion
import linli.lib.uuid7
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('units', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.UUIDField(default=linli.lib.uuid7.uuid7, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('system', 'System administrator'), ('security', 'Security administrator'), ('audit', 'Audit administrator')], max_length=20)),
                ('first_day', models.DateField()),
                ('proposed_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('is_confirmed', models.BooleanField(default=False)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answered', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposed', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='units.unit')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('answered_at__isnull', True)), fields=('user', 'unit', 'role'), name='post_proposed_once_at_a_time'), models.CheckConstraint(condition=models.Q(('user', models.F('proposed_by')), _negated=True), name='nobody_proposes_themself'), models.CheckConstraint(condition=models.Q(('answered_by__isnull', True), ('is_confirmed', False), models.Q(('answered_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='two_give_a_post')],
            },
        ),
    ]
